// What two peers say to each other over a connection: the wire format, version 1, as it stands in
// `src/transfer/message.rs`. Control messages are JSON text, chunks are binary.
//
// A message is parsed once, here, into a value that cannot be wrong in its form: numbers are in their
// bounds, names are clean, digests are 64 digits in lower case. What is more than a number holds exactly
// (2^53) is no size of a file.

import { fileName, mediaType } from '../text.js'

export const VERSION = 1
/** The longest control message, in bytes. */
export const CONTROL_BYTES_MAX = 16 * 1024
/** The longest bulk message, in bytes, header included. */
export const CHUNK_BYTES_MAX = 64_000
export const CHUNK_HEADER_BYTES = 12
/** The most bytes of a file that a chunk carries. */
export const CHUNK_DATA_BYTES_MAX = CHUNK_BYTES_MAX - CHUNK_HEADER_BYTES
/** Why a transfer ended before its time. */
export const REASONS = ['person', 'too_large', 'busy', 'disk_full', 'storage', 'digest', 'changed']
/** What a page takes: one connection, since its own are made one after the other. */
export const PAGE_LIMITS = Object.freeze({
  chunkBytes: CHUNK_BYTES_MAX, windowBytes: 8 * 1024 * 1024, transfers: 16, connections: 1,
})

/** What a peer may run on, if not in a terminal. */
const DEVICES = ['browser', 'phone']

/** A message as text, with its fields in the order that everyone writes them. */
export function writeMessage({ type, ...it }) {
  switch (type) {
    case 'hello': {
      const { chunkBytes, windowBytes, transfers, connections } = it.limits
      const limits = { chunk_bytes: chunkBytes, window_bytes: windowBytes, transfers, connections }
      const sending = it.sending.length > 0 ? it.sending : undefined
      return JSON.stringify({
        type, version: it.version, session: it.session, limits, device: it.device ?? undefined,
        quic: it.quic ?? undefined, tally: it.tally || undefined, sending,
      })
    }
    case 'propose': {
      const { name, mediaType, size, dimensions, modified, executable, files } = it.proposal
      return JSON.stringify({
        type, transfer: it.transfer, name, media_type: mediaType, size, dimensions: dimensions ?? undefined,
        modified: modified ?? undefined, executable: executable || undefined, files: files ?? undefined,
        mark: it.mark ?? undefined,
      })
    }
    default:
      return JSON.stringify({ type, ...it })
  }
}

/** A message, or `null`. */
export function parseMessage(text) {
  let it
  try {
    it = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof it !== 'object' || it === null) return null
  const { type } = it
  if (type === 'hello') return parseHello(it)
  if (type === 'tally') return parseTally(it)
  if (!isU32(it.transfer)) return null
  const { transfer } = it
  switch (type) {
    case 'propose':
      return parsePropose(it)
    case 'accept':
    case 'progress':
      return isOffset(it.offset) ? { type, transfer, offset: it.offset } : null
    case 'decline':
    case 'cancel':
      return REASONS.includes(it.reason) ? { type, transfer, reason: it.reason } : null
    case 'digest':
    case 'confirm': {
      const digest = digits(it.digest)
      return digest ? { type, transfer, digest } : null
    }
    case 'rest':
      return typeof it.resting === 'boolean' ? { type, transfer, resting: it.resting } : null
    case 'wait':
      return typeof it.waiting === 'boolean' ? { type, transfer, waiting: it.waiting } : null
    default:
      return null
  }
}

/** A chunk as one bulk message. */
export function encodeChunk({ transfer, offset, data }) {
  const message = new Uint8Array(CHUNK_HEADER_BYTES + data.length)
  const view = new DataView(message.buffer)
  view.setUint32(0, transfer)
  view.setBigUint64(4, BigInt(offset))
  message.set(data, CHUNK_HEADER_BYTES)
  return message
}

/**
 * Reads a bulk message; `null` if it is too short to hold any byte, or too long. An offset beyond 2^53
 * is not exact, and beyond the end of any file.
 */
export function decodeChunk(message) {
  if (message.length <= CHUNK_HEADER_BYTES || message.length > CHUNK_BYTES_MAX) return null
  const view = new DataView(message.buffer, message.byteOffset, CHUNK_HEADER_BYTES)
  const [transfer, offset] = [view.getUint32(0), Number(view.getBigUint64(4))]
  return { transfer, offset, data: message.subarray(CHUNK_HEADER_BYTES) }
}

/** Whether it claims to be a picture. What it is, its bytes will tell; a folder is none. */
export const isPicture = (proposal) => proposal.files === null && proposal.mediaType.startsWith('image/')

/** Whether two proposals are of the same file. */
export function sameProposal(one, other) {
  const text = (proposal) => writeMessage({ type: 'propose', transfer: 0, proposal })
  return text(one) === text(other)
}

function parseHello({ version, session, limits, device, quic = null, tally = false, sending = [] }) {
  if (!isU32(version) || !isU32(session) || typeof limits !== 'object' || limits === null) return null
  if (!Array.isArray(sending) || !sending.every(isU32)) return null
  const { chunk_bytes: chunkBytes, window_bytes: windowBytes, transfers, connections = 1 } = limits
  if (![chunkBytes, windowBytes, transfers, connections].every(isU32)) return null
  // How a terminal's ends of QUIC connections are known: nothing that a page could use.
  if (quic !== null && !digits(quic)) return null
  if (typeof tally !== 'boolean') return null
  return {
    type: 'hello', version, session, limits: { chunkBytes, windowBytes, transfers, connections },
    device: DEVICES.includes(device) ? device : null, quic, tally, sending,
  }
}

/** What the other knows of packets that were lost; `null` where a count cannot be. */
function parseTally({ type, ...it }) {
  const [mine, yours] = [it.mine, it.yours].map((x) => x ?? undefined)
  const isCount = (x) => x === undefined || (isOffset(x.sent) && isOffset(x.lost) && x.lost <= x.sent)
  return isCount(mine) && isCount(yours) ? { type, mine, yours } : null
}

function parsePropose({ transfer, name, media_type: type, size, executable = false, ...it }) {
  const kind = mediaType(type)
  if (typeof name !== 'string' || kind === null || !isOffset(size) || typeof executable !== 'boolean') return null
  const [dimensions, modified, files, mark] = [it.dimensions, it.modified, it.files, it.mark].map((x) => x ?? null)
  if (dimensions !== null && !(isU32(dimensions.width) && isU32(dimensions.height))) return null
  if (modified !== null && !Number.isSafeInteger(modified)) return null
  if (files !== null && !isU32(files)) return null
  if (mark !== null && !digits(mark)) return null
  const proposal = {
    name: fileName(name), mediaType: kind, size, modified, executable, files,
    dimensions: dimensions && { width: dimensions.width, height: dimensions.height },
  }
  return { type: 'propose', transfer, proposal, mark: mark && digits(mark) }
}

const isU32 = (it) => Number.isInteger(it) && it >= 0 && it < 2 ** 32
const isOffset = (it) => Number.isSafeInteger(it) && it >= 0
const digits = (it) => (typeof it === 'string' && /^[0-9a-fA-F]{64}$/.test(it) ? it.toLowerCase() : null)
