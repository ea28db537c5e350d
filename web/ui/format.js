// Numbers as people read them.

/** 812 B, 1.4 MB. */
export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [count, 0]
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

export const rate = (perSecond) => `${bytes(perSecond)}/s`

/** How long so many bytes will take: 5 s, 3 min, 2 h. */
export function timeLeft(count, perSecond) {
  if (!(perSecond > 0)) return ''
  const seconds = Math.ceil(count / perSecond)
  if (seconds < 60) return `${seconds} s left`
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min left` : `${Math.ceil(seconds / 3600)} h left`
}

/** How long ago it was: now, 3 min, 2 h, 4 d. */
export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return 'now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}

export const percent = (part, whole) => (whole > 0 ? Math.floor((100 * part) / whole) : 100)

/** A name in a sentence. */
function short(name) {
  const letters = Array.from(name)
  return letters.length > 18 ? `${letters.slice(0, 17).join('')}…` : name
}

/** Ann; Ann and Bob; Ann, Bob and 3 more. */
export function names(whole) {
  const all = whole.map(short)
  if (all.length <= 2) return all.join(' and ')
  return all.length === 3 ? `${all[0]}, ${all[1]} and ${all[2]}` : `${all[0]}, ${all[1]} and ${all.length - 2} more`
}
