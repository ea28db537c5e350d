// Bytes as text and back, and joined: what every protocol module needs and no browser of every age has.

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A text's UTF-8. */
export const utf8 = (text) => encoder.encode(text)

/** A text of UTF-8; `null` if it is none. */
export function fromUtf8(bytes) {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Of public values alone: it does not take the same time for all. */
export const equal = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at])

/** A whole number below 2^32, big-endian. */
export const be32 = (number) => be64(number).subarray(4)

/** The same below 2^64. */
export function be64(number) {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number))
  return bytes
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The bytes of so many hexadecimal digits in lower case; `null` if it is anything else. */
export function fromHex(text, length) {
  if (typeof text !== 'string' || text.length !== 2 * length || !/^[0-9a-fA-F]*$/.test(text)) return null
  return Uint8Array.from({ length }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16))
}

/** base64url without padding (RFC 4648). */
export function base64url(bytes) {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const digits = Math.min(4, bytes.length - at + 1)
    for (let digit = 0; digit < digits; digit++) text += ALPHABET[(three >> (18 - 6 * digit)) & 63]
  }
  return text
}

/** `null` unless it is in the one form that those bytes have: no padding, no bits beyond the end. */
export function fromBase64url(text) {
  if (text.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let [bits, held, at] = [0, 0, 0]
  for (const letter of text) {
    const digit = DIGITS.get(letter)
    if (digit === undefined) return null
    bits = (bits << 6) | digit
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[at++] = bits >> held
      bits &= (1 << held) - 1
    }
  }
  return bits === 0 ? bytes : null
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const DIGITS = new Map(Array.from(ALPHABET, (letter, digit) => [letter, digit]))
