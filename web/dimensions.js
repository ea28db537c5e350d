// How large a picture says it is, read from its first bytes: so that none is decoded that would fill a
// phone's memory.

/** More than any camera makes, in pixels. */
export const PIXELS_MAX = 120_000_000
/** So many bytes from the start are enough, but for a JPEG with a lot to tell. */
export const HEAD_BYTES = 256 * 1024

/** `{ width, height }` in pixels, as they are stored; `null` if it is not known. */
export function dimensionsIn(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (const [start, read] of FORMATS) {
    if (!start.every((byte, at) => byte === null || bytes[at] === byte)) continue
    try {
      return read(view)
    } catch {
      // Cut off.
      return null
    }
  }
  return null
}

/** Whether a picture may be decoded: one that says nothing is left to the browser's own limits. */
export function isDecodable(bytes) {
  const dimensions = dimensionsIn(bytes)
  return dimensions === null || dimensions.width * dimensions.height <= PIXELS_MAX
}

const size = (width, height) => ({ width, height })

function png(view) {
  return size(view.getUint32(16), view.getUint32(20))
}

function gif(view) {
  return size(view.getUint16(6, true), view.getUint16(8, true))
}

function bmp(view) {
  return size(Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true)))
}

function webp(view) {
  const three = (at) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
  switch (view.getUint32(12)) {
    case VP8X:
      return size(three(24) + 1, three(27) + 1)
    case VP8L: {
      const bits = view.getUint32(21, true)
      return size((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
    }
    case VP8:
      return size(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff)
    default:
      return null
  }
}

function jpeg(view) {
  for (let at = 2; ; ) {
    const marker = view.getUint8(at + 1)
    if (view.getUint8(at) !== 0xff) return null
    if (marker === 0xff) {
      at += 1
      continue
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return size(view.getUint16(at + 7), view.getUint16(at + 5))
    if (marker === 0xd9 || marker === 0xda) return null
    at += 2 + Math.max(2, view.getUint16(at + 2))
  }
}

const FORMATS = [
  [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], png],
  [[0x47, 0x49, 0x46, 0x38], gif],
  [[0x42, 0x4d], bmp],
  [[0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50], webp],
  [[0xff, 0xd8], jpeg],
]
const [VP8X, VP8L, VP8] = [0x56503858, 0x5650384c, 0x56503820]
