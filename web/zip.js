// A zip file of files that are stored as they are: how a browser hands on a folder. Nothing is compressed,
// so the bytes of the files stay where they lie, between headers that are made here.

import { utf8 } from './bytes.js'

/** Beyond this, the form would be another one. */
export const ZIP_BYTES_MAX = 0xffff_0000
export const ZIP_ENTRIES_MAX = 0xfffe

/** The checksum of these bytes, going on from one before. */
export function crc32(bytes, before = 0) {
  let crc = ~before
  for (let at = 0; at < bytes.length; at++) crc = TABLE[(crc ^ bytes[at]) & 255] ^ (crc >>> 8)
  return ~crc >>> 0
}

/**
 * What stands before each entry, and behind all of them: `{ heads, tail }`. Entries have `path`, `size`
 * (`null` of a folder), `modified` in seconds, `executable` and `crc`.
 */
export function zipHeaders(entries) {
  const [heads, central] = [[], []]
  let at = 0
  for (const entry of entries) {
    const isFolder = entry.size === null
    const name = utf8(isFolder ? `${entry.path}/` : entry.path)
    const size = entry.size ?? 0
    const [date, time] = dosTime(entry.modified ?? 0)
    const facts = [[2, 20], [2, UTF8_NAMES], [2, STORED], [2, time], [2, date], [4, entry.crc ?? 0], [4, size], [4, size], [2, name.length], [2, 0]]
    const head = bytesOf([[4, 0x04034b50], ...facts], name)
    const mode = isFolder ? 0o40755 : entry.executable ? 0o100755 : 0o100644
    const rest = [[2, 0], [2, 0], [2, 0], [4, mode * 0x10000 + (isFolder ? 0x10 : 0)], [4, at]]
    central.push(bytesOf([[4, 0x02014b50], [2, MADE_BY_UNIX], ...facts, ...rest], name))
    heads.push(head)
    at += head.length + size
  }
  const length = central.reduce((sum, it) => sum + it.length, 0)
  const count = entries.length
  const end = bytesOf([[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, at], [2, 0]])
  return { heads, tail: [...central, end] }
}

function bytesOf(fields, name = new Uint8Array(0)) {
  const length = fields.reduce((sum, [width]) => sum + width, 0)
  const bytes = new Uint8Array(length + name.length)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += width
  }
  bytes.set(name, at)
  return bytes
}

/** As it was on the clock on the wall; nothing is older than 1980 there. */
function dosTime(seconds) {
  const it = new Date(seconds * 1000)
  const year = it.getFullYear()
  if (!(year >= 1980 && year < 2108)) return [0x21, 0]
  const date = ((year - 1980) << 9) | ((it.getMonth() + 1) << 5) | it.getDate()
  return [date, (it.getHours() << 11) | (it.getMinutes() << 5) | (it.getSeconds() >> 1)]
}

const [UTF8_NAMES, STORED, MADE_BY_UNIX] = [0x0800, 0, 0x031e]
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
  return crc
})
