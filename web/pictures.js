// JPEG files, as far as privacy needs them: where, when and with what a photo was taken goes before it is
// sent; how it is turned, and its colours, stay. Anything that is no JPEG stays as it is.

/**
 * The same photo without what tells of its making; the bytes as they are if they are no JPEG. Pictures
 * that are hidden behind the end of the first one (previews, depth maps) go too.
 */
export function withoutTraces(bytes) {
  const parts = []
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return bytes
  let at = 2
  let orientation = 1
  const kept = []
  for (;;) {
    if (bytes[at] !== 0xff || at + 4 > bytes.length) return bytes
    const marker = bytes[at + 1]
    if (marker === 0xff) {
      at += 1
      continue
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3]
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) return bytes
    const segment = bytes.subarray(at, end)
    if (marker === APP1 && startsWith(segment, EXIF)) orientation = orientationOf(segment.subarray(10)) ?? orientation
    if (!tells(marker, segment)) kept.push(segment)
    at = end
    if (marker === SOS) break
  }
  const turned = orientation > 1 ? [turnedSegment(orientation)] : []
  parts.push(bytes.subarray(0, 2), ...turned, ...kept, bytes.subarray(at, endOfPicture(bytes, at)))
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  parts.reduce((to, part) => (whole.set(part, to), to + part.length), 0)
  return whole
}

/** All that may tell: Exif, XMP and makers' notes, captions, comments. ICC profiles and colour transforms stay. */
function tells(marker, segment) {
  if (marker === COM) return true
  if (marker < APP0 || marker > APP15) return false
  const stays = marker === APP0 ? JFIF : marker === APP2 ? ICC : marker === APP14 ? ADOBE : null
  return stays === null || !startsWith(segment, stays)
}

/** Behind the EOI of this picture. */
function endOfPicture(bytes, from) {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue
    const marker = bytes[at + 1]
    if (marker === EOI) return at + 2
    // Between scans of a progressive picture stand tables, which may hold any byte.
    const isSegment = marker >= 0xc0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd8)
    if (isSegment && at + 3 < bytes.length) at += 1 + ((bytes[at + 2] << 8) | bytes[at + 3])
  }
  return bytes.length
}

/** The orientation, 1 to 8, of an Exif segment's TIFF part; `null` if it has none. */
function orientationOf(tiff) {
  if (tiff.length < 14) return null
  const little = tiff[0] === 0x49
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length)
  const first = view.getUint32(4, little)
  if (first + 2 > tiff.length) return null
  const entries = view.getUint16(first, little)
  for (let entry = 0; entry < entries; entry++) {
    const at = first + 2 + 12 * entry
    if (at + 12 > tiff.length) return null
    if (view.getUint16(at, little) !== ORIENTATION) continue
    const value = view.getUint16(at + 8, little)
    return value >= 1 && value <= 8 ? value : null
  }
  return null
}

/** An Exif segment with an orientation and nothing else. */
function turnedSegment(orientation) {
  return Uint8Array.of(
    0xff, APP1, 0, 34, ...EXIF, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8,
    0, 1, ORIENTATION >> 8, ORIENTATION & 255, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
  )
}

const startsWith = (segment, start) => start.every((byte, at) => segment[4 + at] === byte)
const ascii = (text) => Array.from(text, (letter) => letter.charCodeAt(0))
const [SOI, EOI, SOS, COM, APP0, APP1, APP2, APP14, APP15] = [0xd8, 0xd9, 0xda, 0xfe, 0xe0, 0xe1, 0xe2, 0xee, 0xef]
const [EXIF, JFIF, ICC, ADOBE] = ['Exif\0\0', 'JFIF\0', 'ICC_PROFILE\0', 'Adobe'].map(ascii)
const ORIENTATION = 0x112
