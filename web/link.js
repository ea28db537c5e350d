// Room links: a server's address with the room's words behind `#`, which browsers do not send.

/** What the page's own address says of a room: the text behind its `#`, if any stands there. */
export function typedIn(hash) {
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

/** The link to share. */
export const roomLink = (origin, words) => `${origin}/#${words}`

/** The websocket of the server that the page came from. */
export function websocketUrl({ protocol, host }) {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/signaling`
}
