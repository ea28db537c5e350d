// Where the segments of incoming files lie: in the browser's own file system where there is one, else in
// its database. Each is written once and read back as a blob that is on disk, not in memory.

import { beginningWith } from './database.js'

/** The best there is; `null` if there is nothing. */
export async function openSegments(database) {
  try {
    const root = await navigator.storage.getDirectory()
    const directory = await root.getDirectoryHandle('peersnap', { create: true })
    if ('createWritable' in FileSystemFileHandle.prototype) return new FileSegments(directory)
  } catch {
    // Plain http, a private window, or an older browser.
  }
  return database && new DatabaseSegments(database)
}

class FileSegments {
  #directory

  constructor(directory) {
    this.#directory = directory
  }

  /** Writes one; the same as it lies there. */
  async put(key, index, blob) {
    const folder = await this.#directory.getDirectoryHandle(key, { create: true })
    const file = await folder.getFileHandle(`${index}`, { create: true })
    const writable = await file.createWritable()
    await writable.write(blob)
    await writable.close()
    return file.getFile()
  }

  /** All from the first on, without a gap. */
  async list(key) {
    const segments = []
    try {
      const folder = await this.#directory.getDirectoryHandle(key)
      for (;;) segments.push(await (await folder.getFileHandle(`${segments.length}`)).getFile())
    } catch {
      return segments
    }
  }

  async remove(key) {
    await this.#directory.removeEntry(key, { recursive: true }).catch(() => {})
  }
}

class DatabaseSegments {
  #database

  constructor(database) {
    this.#database = database
  }

  async put(key, index, blob) {
    await this.#database.put('segments', blob, [key, index])
    return this.#database.get('segments', [key, index])
  }

  async list(key) {
    const segments = []
    for (;;) {
      const segment = await this.#database.get('segments', [key, segments.length])
      if (!segment) return segments
      segments.push(segment)
    }
  }

  async remove(key) {
    await this.#database.delete('segments', beginningWith(key)).catch(() => {})
  }
}
