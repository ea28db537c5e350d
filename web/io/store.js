// What came in, what is on its way here, and what is to go out: kept over reloads where the browser has
// a place for it, in memory where it has none.

import { ITEMS_MAX } from '../app/update.js'
import { hex } from '../bytes.js'
import { MEMORY_BYTES_MAX, Part } from './part.js'
import { openDatabase } from './database.js'
import { random } from './random.js'
import { openSegments } from './segments.js'

/** How long anything is kept, in milliseconds. */
export const KEPT_MS = 7 * 24 * 60 * 60 * 1000

export async function openStore() {
  const database = await openDatabase()
  const segments = await openSegments(database)
  const store = new Store(database, segments)
  await store.tidy(Date.now()).catch(() => {})
  return store
}

class Store {
  #database
  #segments
  /** What each marked file is being received into, so that none is received twice into one place. */
  #busy = new Map()

  constructor(database, segments) {
    this.#database = database
    this.#segments = segments
  }

  /** The largest file that is taken here. */
  get bytesMax() {
    return this.#segments ? Number.MAX_SAFE_INTEGER : MEMORY_BYTES_MAX
  }

  /** Whether anything outlasts the page. */
  get isLasting() {
    return this.#database !== null
  }

  /** How much of a marked file is here from another time, and from whom: `{ bytes, from }`. */
  async held(mark, size) {
    const partial = mark && !this.#busy.has(mark) ? await this.#partial(mark, size) : null
    if (!partial) return { bytes: 0, from: null }
    const parts = await this.#segments.list(partial.key)
    return { bytes: parts.reduce((sum, blob) => sum + blob.size, 0), from: partial.from }
  }

  /** Where a file is received into; what is there already is its beginning. */
  async create(mark, size, from) {
    const isKept = mark !== null && this.#segments !== null && this.#database !== null && !this.#busy.has(mark)
    if (!isKept) return new Part(size > MEMORY_BYTES_MAX ? this.#segments : null, freshKey(), size)
    this.#busy.set(mark, null)
    const partial = (await this.#partial(mark, size)) ?? { mark, size, from, key: freshKey() }
    await this.#database.put('partials', { ...partial, at: Date.now() }).catch(() => {})
    const part = new Part(this.#segments, partial.key, size, await this.#segments.list(partial.key))
    this.#busy.set(mark, part)
    return part
  }

  /** A file is no longer received: `kept` for another time, `gone`, or `stored` in an item. */
  async release(part, mark, fate) {
    const isIts = mark !== null && this.#busy.get(mark) === part
    if (isIts) this.#busy.delete(mark)
    if (fate === 'gone' || (fate === 'kept' && !isIts)) await part.discard()
    if (fate !== 'kept' && isIts) await this.#database?.delete('partials', mark).catch(() => {})
  }

  /** The items of a room that were kept, oldest first; each with its `blob`, if that was. */
  async items(room) {
    const all = await this.#all('items')
    const ours = all.filter((item) => item.room === room).sort((one, other) => one.at - other.at)
    for (const item of ours) {
      if (item.key) item.blob = new Blob(await this.#segments.list(item.key), { type: item.blobType })
    }
    return ours.filter((item) => !item.key || item.blob.size === item.size)
  }

  /** Keeps an item as it is now. One with a `key` has its bytes in segments. */
  async keep(item) {
    const { blob, ...rest } = item
    await this.#database?.put('items', item.key || !blob ? rest : { ...rest, blob })
  }

  async forget({ id, key }) {
    await this.#database?.delete('items', id).catch(() => {})
    if (key) await this.#segments?.remove(key)
  }

  /** Lets go of what is old, or too much. */
  async tidy(now) {
    const items = (await this.#all('items')).sort((one, other) => other.at - one.at)
    for (const [at, item] of items.entries()) {
      if (at >= ITEMS_MAX || now - item.at > KEPT_MS) await this.forget(item)
    }
    for (const partial of await this.#all('partials')) {
      if (now - partial.at <= KEPT_MS) continue
      await this.#database.delete('partials', partial.mark)
      await this.#segments?.remove(partial.key)
    }
  }

  async #partial(mark, size) {
    if (!this.#database || !this.#segments) return null
    const partial = await this.#database.get('partials', mark).catch(() => null)
    return partial && partial.size === size ? partial : null
  }

  async #all(store) {
    return (await this.#database?.all(store).catch(() => [])) ?? []
  }
}

const freshKey = () => hex(random(16))
