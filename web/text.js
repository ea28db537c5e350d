// Text from outside, made safe to show and to use as a file name.
//
// Whatever a remote peer says that a person will read passes through here once, where it enters. What
// a terminal makes of the same text may be a letter shorter or longer: both are clean, and neither is
// compared with the other's. The page shows it as text and never as markup, besides.

/** The longest name of a peer, in graphemes. */
export const NAME_GRAPHEMES_MAX = 32
/** The longest name of a file, in bytes. */
export const FILE_NAME_BYTES_MAX = 200
/** The longest media type, in bytes (RFC 6838, section 4.2). */
export const MEDIA_TYPE_BYTES_MAX = 255

/** One line for a person: no control or formatting characters, no bidi overrides, bounded. May be empty. */
export function safeText(text) {
  const head = text.slice(0, TEXT_READ_MAX)
  return shape(plain(withoutEscapes(head)), NAME_GRAPHEMES_MAX, ' ')
}

/**
 * The last part of any path-like text, usable as it is on every common file system: no separators nor
 * any of `<>:"|?*`, no dots or spaces at an end, no dash at its start, none of the names that Windows
 * reserves. Never empty.
 */
export function fileName(text) {
  const last = withoutEscapes(text.slice(-PATH_READ_MAX)).split(/[/\\]/).pop() ?? ''
  const name = shape(plain(last.replace(/[<>:"|?*]/g, '_')), Infinity, EDGES)
  const [stem, extension] = splitName(name)
  const prefix = stem.startsWith('-') || RESERVED.test(name) ? '_' : ''
  const room = FILE_NAME_BYTES_MAX - prefix.length - byteLength(extension)
  return prefix + headOf(stem === '' ? 'unnamed' : stem, room) + extension
}

/** The type if it is one, else `null`. */
export function mediaType(text) {
  const name = "[A-Za-z0-9!#$&^_.+-]+"
  const fits = typeof text === 'string' && text.length <= MEDIA_TYPE_BYTES_MAX
  return fits && new RegExp(`^${name}/${name}$`).test(text) ? text : null
}

/** Stem and extension, the dot with the latter. */
export function splitName(name) {
  const at = name.lastIndexOf('.')
  const splits = at > 0 && byteLength(name.slice(at)) <= EXTENSION_BYTES_MAX
  return splits ? [name.slice(0, at), name.slice(at)] : [name, '']
}

/** An ESC takes with it what a terminal would have swallowed. */
function withoutEscapes(text) {
  return text.replace(ESCAPES, '')
}

function plain(text) {
  const shown = Array.from(text.normalize('NFC').replace(/\p{Zs}/gu, ' ').replace(HIDDEN, ''))
  return shown.filter((c, at) => c !== JOINER || (JOINED.test(shown[at - 1]) && EMOJI.test(shown[at + 1]))).join('')
}

/**
 * At most two marks on a letter, ten code points in a grapheme, single spaces, so many graphemes; none of
 * the edges at either end, nor what stands on one at the beginning.
 */
function shape(text, graphemesMax, edges) {
  const kept = []
  for (const grapheme of graphemes(text)) {
    let marks = 0
    const letters = Array.from(grapheme).filter((c) => !MARK.test(c) || ++marks <= MARKS_MAX)
    const bare = kept.length === 0 || kept[kept.length - 1] === ' '
    const standing = letters[0] === ' ' ? ' ' : letters.slice(0, CODE_POINTS_MAX).join('')
    const whole = standing.replace(/\u200d$/, '')
    if (whole === '' || (bare && (whole === ' ' || MARK.test(letters[0])))) continue
    if (kept.length === 0 && edges.includes(letters[0])) continue
    if (kept.length >= graphemesMax) break
    kept.push(whole)
  }
  while (kept.length > 0 && edges.includes(kept[kept.length - 1])) kept.pop()
  return kept.join('').normalize('NFC')
}

function graphemes(text) {
  if (typeof Intl.Segmenter !== 'function') return Array.from(text)
  return Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), (it) => it.segment)
}

function headOf(text, bytesMax) {
  if (byteLength(text) <= bytesMax) return text
  let head = ''
  for (const grapheme of graphemes(text)) {
    if (byteLength(head + grapheme) > bytesMax) break
    head += grapheme
  }
  return head.replace(/[ .]+$/, '')
}

const byteLength = (text) => new TextEncoder().encode(text).length

const TEXT_READ_MAX = 2 * NAME_GRAPHEMES_MAX * 10 * 2
const PATH_READ_MAX = 8192
/** What does not stand at an end of a file's name. */
const EDGES = ' .'
const MARKS_MAX = 2
/** As many as the longest emoji has, two people who kiss. */
const CODE_POINTS_MAX = 10
const EXTENSION_BYTES_MAX = 16
const MARK = /^\p{M}$/u
/** OSC, DCS, APC, PM and SOS run to BEL or ST, or to the end; CSI to its last letter; others take one. */
const ESCAPES =
  /(?:\x1b[\]P_^X]|[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\|\x18|\x1a|\n|(?=\x1b)|$)|(?:\x1b\[|\x9b)[\x00-\x3f]*[\x40-\x7e]?|\x1b[\x00-\x2f]*[\x30-\x7e]?|[\x80-\x9f]/g
/** Control, format (less the joiner), private, unassigned, line ends; and what is blank by design. */
const HIDDEN =
  /(?!\u200d)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{1d159}]/gu
/** Zero width joiner: it stays between emoji, and nowhere else. Older browsers know no lookbehind. */
const JOINER = '\u200d'
const EMOJI = /^\p{Extended_Pictographic}$/u
const JOINED = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}]$/u
/** Devices of Windows, by what stands before the first dot. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i
