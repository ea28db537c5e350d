// Folders: what came in becomes a zip file, which is what a browser can save; what is dropped here becomes
// the one stream that a folder crosses as.

import { withoutTraces } from '../pictures.js'
import { fileName } from '../text.js'
import { DEPTH_MAX, ENTRIES_MAX, FOLDER_TYPE, LENGTH_BYTES, entryName, headBytes, parseManifest, writeManifest } from '../transfer/manifest.js'
import { ZIP_BYTES_MAX, ZIP_ENTRIES_MAX, crc32, zipHeaders } from '../zip.js'

const PIECE_BYTES = 1024 * 1024

/** What is in a folder that came in; `null` if it is not what was proposed. */
export async function manifestIn(blob, files) {
  const length = headBytes(await bytesIn(blob, 0, LENGTH_BYTES))
  const manifest = length === null ? null : parseManifest(await bytesIn(blob, 0, length))
  return manifest?.size === blob.size && manifest.files === files ? manifest : null
}

/** The same as a zip file. Fails with a sentence. */
export async function zipOf(blob, files) {
  const manifest = await manifestIn(blob, files)
  if (!manifest) throw new Error('it cannot be read any more')
  const { entries } = manifest
  if (blob.size > ZIP_BYTES_MAX || entries.length > ZIP_ENTRIES_MAX) {
    throw new Error('it is too large for a zip file: have it sent file by file')
  }
  for (const entry of entries) {
    entry.crc = 0
    for (let at = 0; at < entry.size; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, entry.size - at)
      entry.crc = crc32(await bytesIn(blob, entry.offset + at, length), entry.crc)
    }
  }
  const { heads, tail } = zipHeaders(entries)
  const parts = entries.flatMap(({ offset, size }, at) => [heads[at], blob.slice(offset, offset + (size ?? 0))])
  return new Blob([...parts, ...tail], { type: 'application/zip' })
}

/** What was dropped here: the files, and each folder as it is sent. */
export async function opened(entries, { keepsExif }) {
  const folders = entries.filter((entry) => entry.isDirectory)
  const files = await Promise.all(entries.filter((entry) => entry.isFile).map(fileOf))
  const sent = []
  for (const folder of folders) sent.push(await folderOf(folder, keepsExif))
  return { files, folders: sent }
}

async function folderOf(folder, keepsExif) {
  const found = []
  await walk(folder, '', 1, found)
  const entries = []
  for (const { path, file } of found) {
    if (!file) entries.push({ path, size: null, blob: null })
    else {
      const blob = await cleaned(file, keepsExif)
      entries.push({ path, size: blob.size, modified: Math.floor(file.lastModified / 1000), blob })
    }
  }
  const manifest = writeManifest(entries)
  if (!manifest) throw new Error(`${folder.name} has too much in it: send a part of it`)
  const blobs = manifest.entries.map((entry) => entry.blob).filter(Boolean)
  const blob = new Blob([manifest.head, ...blobs])
  return { blob, name: fileName(folder.name), type: FOLDER_TYPE, dimensions: null, modified: null, files: blobs.length }
}

/** What is in a folder, folder by folder; two names that would be one are told apart by a number. */
async function walk(folder, path, depth, found) {
  const children = await childrenOf(folder)
  if (children.length === 0 && path !== '') found.push({ path, file: null })
  const taken = new Set()
  for (const child of children) {
    let name = entryName(child.name)
    for (let number = 2; taken.has(name); number++) name = entryName(`${child.name} (${number})`)
    taken.add(name)
    const at = path === '' ? name : `${path}/${name}`
    if (depth >= DEPTH_MAX || found.length >= ENTRIES_MAX) throw new Error(`${folder.name} has too much in it: send a part of it`)
    if (child.isDirectory) await walk(child, at, depth + 1, found)
    else found.push({ path: at, file: await fileOf(child) })
  }
}

/** A picture in a folder tells no more of where it was taken than one that is sent alone. */
async function cleaned(file, keepsExif) {
  if (keepsExif || file.type !== 'image/jpeg') return file
  const bytes = new Uint8Array(await file.arrayBuffer())
  const clean = withoutTraces(bytes)
  return clean === bytes ? file : new Blob([clean])
}

async function childrenOf(folder) {
  const reader = folder.createReader()
  const children = []
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return children
    children.push(...some)
  }
}

const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject))
const bytesIn = async (blob, at, length) => new Uint8Array(await blob.slice(at, at + length).arrayBuffer())
