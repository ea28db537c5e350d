// The browser's database, which there is on plain http too. Where there is none, as in some private
// windows, everything is kept in memory and goes with the page.

const NAME = 'peersnap'
const VERSION = 1

/** Opens it; `null` if there is none. */
export async function openDatabase() {
  try {
    const request = indexedDB.open(NAME, VERSION)
    request.onupgradeneeded = () => {
      const database = request.result
      database.createObjectStore('items', { keyPath: 'id' })
      database.createObjectStore('partials', { keyPath: 'mark' })
      database.createObjectStore('segments')
    }
    const database = await done(request)
    // Another tab with a newer page wants it.
    database.onversionchange = () => database.close()
    return new Database(database)
  } catch {
    return null
  }
}

class Database {
  #database

  constructor(database) {
    this.#database = database
  }

  get(store, key) {
    return done(this.#in(store, 'readonly').get(key))
  }

  all(store) {
    return done(this.#in(store, 'readonly').getAll())
  }

  async put(store, value, key) {
    const transaction = this.#database.transaction(store, 'readwrite')
    transaction.objectStore(store).put(value, key)
    await committed(transaction)
  }

  async delete(store, key) {
    const transaction = this.#database.transaction(store, 'readwrite')
    transaction.objectStore(store).delete(key)
    await committed(transaction)
  }

  #in(store, mode) {
    return this.#database.transaction(store, mode).objectStore(store)
  }
}

/** Everything in a range of keys that begin with this part. */
export const beginningWith = (part) => IDBKeyRange.bound([part], [part, []])

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = request.onblocked = () => reject(request.error)
  })

const committed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = transaction.onerror = () => reject(transaction.error)
  })
