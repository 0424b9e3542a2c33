/** True for who asked for less motion, of the system or of VS Code. */
export function calm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches || document.body.classList.contains('vscode-reduce-motion');
}
