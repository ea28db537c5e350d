// What is in a folder that crosses: the head of its bytes, behind which those of each file follow, in the
// order of the head. The form is that of `src/transfer/manifest.rs`: a length, then a line of JSON for
// each entry; what has no size is a folder with nothing in it.

import { concat, fromUtf8, utf8 } from '../bytes.js'
import { fileName } from '../text.js'

export const LENGTH_BYTES = 4
/** The longest head, in bytes, its length included. */
export const HEAD_BYTES_MAX = 16 * 1024 * 1024
export const ENTRIES_MAX = 100_000
export const DEPTH_MAX = 32
export const PATH_BYTES_MAX = 1024
export const FOLDER_TYPE = 'inode/directory'

/** How long a head is that begins so; `null` if that is too long, or these are no beginning. */
export function headBytes(start) {
  if (start.length < LENGTH_BYTES) return null
  const all = LENGTH_BYTES + new DataView(start.buffer, start.byteOffset).getUint32(0)
  return all <= HEAD_BYTES_MAX ? all : null
}

/**
 * Reads a whole head: `{ entries, size, files }`, each entry with `path`, `size` (`null` of a folder),
 * `modified`, `executable` and the `offset` of its bytes; `null` if it is none. Names are made safe; where
 * two would be one, or a file be where a folder is, it is none.
 */
export function parseManifest(head) {
  const text = headBytes(head) === head.length ? fromUtf8(head.subarray(LENGTH_BYTES)) : null
  if (text === null || (text !== '' && !text.endsWith('\n'))) return null
  const lines = text.split('\n').slice(0, -1)
  if (lines.length > ENTRIES_MAX) return null
  const [taken, folders] = [new Set(), new Set()]
  let [offset, files] = [head.length, 0]
  const entries = []
  for (const line of lines) {
    const entry = parseLine(line)
    if (entry === null || taken.has(entry.path)) return null
    taken.add(entry.path)
    const names = entry.path.split('/')
    for (let depth = 1; depth < names.length; depth++) folders.add(names.slice(0, depth).join('/'))
    entries.push({ ...entry, offset })
    if (entry.size === null) continue
    offset += entry.size
    files += 1
    if (!Number.isSafeInteger(offset)) return null
  }
  return entries.some((entry) => folders.has(entry.path)) ? null : { entries, size: offset, files }
}

/** The head of a folder in which these are, each with `path`, `size` and `modified`; in their order. */
export function writeManifest(entries) {
  const sorted = [...entries].sort((one, other) => byNames(one.path, other.path))
  const line = ({ path, size, modified, executable }) =>
    JSON.stringify({ path, size: size ?? undefined, modified: modified ?? undefined, executable: executable || undefined })
  const text = utf8(sorted.map((entry) => `${line(entry)}\n`).join(''))
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, text.length)
  const fits = text.length + LENGTH_BYTES <= HEAD_BYTES_MAX && sorted.length <= ENTRIES_MAX
  return fits ? { head: concat(length, text), entries: sorted } : null
}

/** A name in a folder: as of a file, but that it may begin with one dot. */
export function entryName(text) {
  const one = text.replace(/[/\\]/g, '_')
  const dot = one.startsWith('.') ? '.' : ''
  return dot + fileName(one.slice(dot.length))
}

function parseLine(line) {
  let it
  try {
    it = JSON.parse(line)
  } catch {
    return null
  }
  const { path, size = null, modified = null, executable = false } = it ?? {}
  if (typeof path !== 'string' || utf8(path).length > PATH_BYTES_MAX) return null
  const names = path.split('/')
  if (names.length > DEPTH_MAX || names.some((name) => ['', '.', '..'].includes(name))) return null
  const isSize = size === null || (Number.isSafeInteger(size) && size >= 0)
  const isTime = modified === null || Number.isSafeInteger(modified)
  if (!isSize || !isTime || typeof executable !== 'boolean') return null
  return { path: names.map(entryName).join('/'), size, modified, executable }
}

/** By their names, one after the other, as their UTF-8 is. */
function byNames(one, other) {
  const [these, those] = [one.split('/'), other.split('/')]
  for (let at = 0; at < Math.min(these.length, those.length); at++) {
    const [a, b] = [utf8(these[at]), utf8(those[at])]
    for (let byte = 0; byte < Math.min(a.length, b.length); byte++) if (a[byte] !== b[byte]) return a[byte] - b[byte]
    if (a.length !== b.length) return a.length - b.length
  }
  return these.length - those.length
}
