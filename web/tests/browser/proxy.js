// A line to the signaling server that can be cut: bytes are passed on as they come, and nothing is looked at.
// The server sees what the browser says, its `Host` and `Origin` too, which are those of this line.
import { connect, createServer } from 'node:net'

/** Listens on loopback, and passes everything on to the server of that port. */
export async function passTo(serverPort) {
  const sockets = new Set()
  const state = { serverPort, isCut: false }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (state.isCut) return near.destroy()
    const far = connect({ port: state.serverPort, host: '127.0.0.1', allowHalfOpen: true })
    const end = () => (near.destroy(), far.destroy())
    near.pipe(far).pipe(near)
    for (const it of [near, far]) {
      sockets.add(it)
      it.on('error', end).on('close', () => (sockets.delete(it), end()))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: server.address().port,
    url: `http://127.0.0.1:${server.address().port}`,
    /** Cuts every connection, and lets none through until `mend`. */
    cut() {
      state.isCut = true
      cut()
    },
    mend(port = state.serverPort) {
      Object.assign(state, { isCut: false, serverPort: port })
    },
    close() {
      server.close()
      cut()
    },
  }
}
