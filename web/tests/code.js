/** A module's text without the comments that stand on lines of their own. */
export function codeOf(text) {
  return text.replace(/^ *\/\*\*(?:(?!\*\/)[^])*\*\/\n/gm, '').replace(/^ *\/\/.*\n/gm, '')
}
