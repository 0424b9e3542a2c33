/** What orchestrations write to the log of their host instance. */

/** Bytes of a line; what is longer is cut. */
const MAX_BYTES = 8192;
const CUT = '…';

/** One line, whatever is in it: what would begin another one, or steer a terminal, is written as JSON writes it. */
export function logLine(instance: string, shape: string, text: string): string {
  const line = `${instance} "${shape}": ${text}`.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
  const bytes = Buffer.from(line);
  if (bytes.length <= MAX_BYTES) return line;
  // The last character may be cut in two.
  return (
    bytes
      .subarray(0, MAX_BYTES - Buffer.byteLength(CUT))
      .toString()
      .replace(/\ufffd$/, '') + CUT
  );
}
