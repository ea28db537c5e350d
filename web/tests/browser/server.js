// Serves the page as the signaling server will: the same files, the same headers, and the room behind the
// same address. For tests alone.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { extname, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../', import.meta.url))

/** What the page is allowed: nothing that is not its own. */
export const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "media-src 'self' blob:",
  "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ')

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * What is served of a module: comments that stand on lines of their own are left out, which is a fifth of
 * what a phone would load. The page is the same with them.
 */
export function served(text) {
  return text.replace(/^ *\/\*\*(?:(?!\*\/)[^])*\*\/\n/gm, '').replace(/^ *\/\/.*\n/gm, '')
}

/** Listens on loopback, and hands websockets on to the signaling server of that port. */
export async function serve(signalingPort, port = 0) {
  const sockets = new Set()
  const files = new Map()
  const read = async (file) => {
    const body = await readFile(folder + file).catch(() => null)
    const isModule = extname(file) === '.js' && !file.startsWith('/vendor/')
    return body && (isModule ? served(body.toString()) : body)
  }
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://a').pathname
    const file = normalize(path === '/' ? '/index.html' : path)
    const type = TYPES[extname(file)]
    if (type && !file.startsWith('/tests/') && !files.has(file)) files.set(file, await read(file))
    const body = files.get(file) ?? null
    if (body === null) return response.writeHead(404).end()
    response.writeHead(200, {
      'content-type': type, 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer', 'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
      'cache-control': 'no-cache',
    }).end(body)
  })
  const state = { signalingPort, isCut: false }
  server.on('upgrade', (request, socket, head) => {
    if (state.isCut) return socket.destroy()
    const upstream = connect(state.signalingPort, '127.0.0.1')
    sockets.add(socket)
    const lines = [`${request.method} ${request.url} HTTP/1.1`]
    for (let at = 0; at < request.rawHeaders.length; at += 2) lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`)
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
    upstream.write(head)
    upstream.pipe(socket).pipe(upstream)
    const end = () => (socket.destroy(), upstream.destroy(), sockets.delete(socket))
    for (const it of [socket, upstream]) it.on('error', end).on('close', end)
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    url: `http://127.0.0.1:${server.address().port}`,
    /** Cuts all websockets, and lets none in until `mend`. */
    cut() {
      state.isCut = true
      for (const socket of sockets) socket.destroy()
    },
    mend(port = state.signalingPort) {
      Object.assign(state, { isCut: false, signalingPort: port })
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      server.closeAllConnections()
    },
  }
}
