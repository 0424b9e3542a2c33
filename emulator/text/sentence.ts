/** The message of an error that user code caused: our sentence in the first line, then what the code or its process said. */
export function sentenceOf(message: string): string {
  const end = message.indexOf('\n');
  return end === -1 ? message : message.slice(0, end);
}

/** What was said, line by line; [] when nothing was. */
export function saidIn(message: string): string[] {
  return message.split('\n').slice(1);
}
