/**
 * Marks a text that is declared in one place and shown in another (help lines, names of states, words inside an error), so that the
 * check of the translations finds it. Gives the text back unchanged.
 */
export function term<const T extends string>(text: T): T {
  return text;
}
