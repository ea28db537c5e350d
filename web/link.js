// Room links: a server's address with the room's words behind `#`, which browsers do not send.

/** What the page's own address says of a room: the text behind its `#`, if any stands there. */
export function typedIn(hash) {
  const text = behind(hash)
  const at = text.lastIndexOf('.')
  return at < 0 ? text : text.slice(0, at)
}

/** The key that the server is known by, which stands behind the words: terminals need it, browsers do not. */
export function pinIn(hash) {
  return /\.([A-Za-z0-9_-]{22})$/.exec(behind(hash))?.[1] ?? null
}

function behind(hash) {
  const text = hash.replace(/^#/, '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What somebody pasted where words are asked for: the words of a link, or the text as it is. */
export function typedWords(text) {
  const at = text.indexOf('#')
  return at < 0 ? text.trim() : typedIn(text.slice(at))
}

/** What stands behind the `#` of a room's link. */
export const roomHash = (words, pin) => (pin === null ? `#${words}` : `#${words}.${pin}`)

/** The link to share. */
export const roomLink = (origin, words, pin) => `${origin}/${roomHash(words, pin)}`

/** The websocket of the server that the page came from. */
export function websocketUrl({ protocol, host }, room) {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/signaling?shard=${room.slice(0, 2)}`
}
