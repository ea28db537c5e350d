// The peers that were met before, by name: known again by their keys, noticed when they change.
//
// A pure value that whoever owns it reads from the browser's store and writes back after `meet`. Names
// are chosen by their owners: case does not tell two apart. Keys are hexadecimal digits here.

import { safeText } from '../text.js'

export class KnownPeers {
  /** `{ name, key, trusted }`, the one met last at the end. */
  #peers

  constructor(peers = []) {
    this.#peers = peers
  }

  /** What was stored, or none if it is no list of known peers. */
  static parse(text) {
    try {
      const peers = JSON.parse(text)
      const whole = (it) => typeof it.name === 'string' && /^[0-9a-f]{64}$/.test(it.key)
      const clean = (it) => ({ name: safeText(it.name), key: it.key, trusted: it.trusted === true })
      const alone = (it, at, all) => all.findIndex((other) => other.key === it.key) === at
      return new KnownPeers(peers.filter(whole).map(clean).filter(alone).slice(-PEERS_MAX))
    } catch {
      return new KnownPeers()
    }
  }

  write() {
    return JSON.stringify(this.#peers)
  }

  /**
   * Compares a peer that is there with those met before, and remembers it: `{ met }`, which is `new`,
   * `known` or `renamed` with `trusted`, or `changed` with the key `before` and whether that is trusted.
   */
  meet(name, key) {
    const known = this.#peers.find((peer) => peer.key === key)
    const namesake = this.#named(name)
    if (!(known && sameName(known.name, name)) && namesake) {
      return { met: 'changed', before: namesake.key, trusted: namesake.trusted }
    }
    if (!known) {
      this.#remember({ name, key, trusted: false })
      return { met: 'new' }
    }
    const before = known.name
    this.#peers = this.#peers.filter((peer) => peer !== known)
    this.#peers.push({ ...known, name })
    return before === name
      ? { met: 'known', trusted: known.trusted }
      : { met: 'renamed', before, trusted: known.trusted }
  }

  /** A person says that this key is who it seems: from now on the name stands for it too. */
  trust(name, key) {
    this.#peers = this.#peers.filter((peer) => peer.key !== key)
    this.#remember({ name, key, trusted: true })
  }

  /** A person takes that back; the key is still known. */
  distrust(key) {
    this.#peers = this.#peers.map((peer) => (peer.key === key ? { ...peer, trusted: false } : peer))
  }

  #named(name) {
    const namesakes = this.#peers.filter((peer) => sameName(peer.name, name))
    return namesakes.findLast?.((peer) => peer.trusted) ?? namesakes[namesakes.length - 1]
  }

  #remember(peer) {
    if (this.#peers.length >= PEERS_MAX) {
      const untrusted = this.#peers.findIndex((it) => !it.trusted)
      this.#peers = this.#peers.filter((_, at) => at !== Math.max(0, untrusted))
    }
    this.#peers.push(peer)
  }
}

/** Those without a name share none. */
const sameName = (one, other) => one !== '' && one.toLowerCase() === other.toLowerCase()
const PEERS_MAX = 512
