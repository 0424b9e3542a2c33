/** True when a `cluster.json` is one of ours: other programs have files of that name too. */
export function isOurs(text: string): boolean {
  return (
    /"(?:computers|hosts|orchestrations|receiveLocations|sendPorts)"\s*:|scaled-out-hosts/.test(text) ||
    text.trim() === '' ||
    text.trim() === '{}'
  );
}

/** Where the CodeLens stands: the line of the first brace, from 0. */
export function firstLine(text: string): number {
  const brace = text.indexOf('{');
  return brace === -1 ? 0 : text.slice(0, brace).split('\n').length - 1;
}
