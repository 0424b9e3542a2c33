/** The parser inside of sucrase, which its main module does not hand out. */
declare module 'sucrase/dist/parser/index.js' {
  /** @throws when the text is not the language */
  export function parse(
    text: string,
    jsx: boolean,
    typeScript: boolean,
    flow: boolean,
  ): { readonly tokens: readonly { readonly start: number; readonly end: number }[] };
}
