// Files that a person chose, made ready to be sent: told of their size in pixels, freed of what tells
// where they were taken, scaled if asked.

import { HEAD_BYTES, isDecodable } from '../dimensions.js'
import { fileName, mediaType } from '../text.js'
import { withoutTraces } from '../pictures.js'

/** Photos beyond this are sent as they are, in bytes. */
const CLEANED_BYTES_MAX = 64 * 1024 * 1024
/** The longer side of a photo that is scaled, in pixels. */
const SCALED_PIXELS = 2048
const SCALED_QUALITY = 0.85
/** The shorter side of a small picture, in pixels. */
const THUMBNAIL_PIXELS = 200
/** What phones call every photo they have just taken. */
const NAMELESS = /^(image|photo|img)?\.(jpe?g|png|heic|webp)$/i

/** A file as it is sent: `{ blob, name, type, dimensions, modified }`. */
export async function prepare(file, { keepsExif, isFresh = false }) {
  const type = mediaType(file.type) ?? 'application/octet-stream'
  const isNameless = isFresh || !file.name || NAMELESS.test(file.name)
  const name = isNameless && type.startsWith('image/') ? photoName(new Date(), type) : fileName(file.name || 'file')
  let blob = file
  if (type === 'image/jpeg' && !keepsExif && file.size <= CLEANED_BYTES_MAX) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const clean = withoutTraces(bytes)
    if (clean !== bytes) blob = new Blob([clean], { type })
  }
  const dimensions = type.startsWith('image/') ? await dimensionsOf(blob) : null
  const modified = !isNameless && file.lastModified ? Math.floor(file.lastModified / 1000) : null
  return { blob, name, type, dimensions, modified }
}

/** A photo that was taken from the live picture, in the same form. */
export function fresh({ blob, dimensions }) {
  return { blob, name: photoName(new Date(), 'image/jpeg'), type: 'image/jpeg', dimensions, modified: null }
}

/** The same photo, its longer side so many pixels at most; `null` if it is no larger, or cannot be decoded. */
export async function scaled(file) {
  const bitmap = await decode(file.blob)
  if (!bitmap || Math.max(bitmap.width, bitmap.height) <= SCALED_PIXELS) return null
  const by = SCALED_PIXELS / Math.max(bitmap.width, bitmap.height)
  const [width, height] = [Math.round(bitmap.width * by), Math.round(bitmap.height * by)]
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', SCALED_QUALITY))
  if (!blob || blob.size >= file.blob.size) return null
  const name = file.name.replace(/\.[^.]*$/, '') + '.jpg'
  return { ...file, blob, name, type: 'image/jpeg', dimensions: { width, height } }
}

/** Small pictures from before they are asked for, by blob; each is handed out once. */
const foreseen = new WeakMap()

/** A small picture of it, as a canvas; `null` if this browser cannot decode it. */
export function thumbnail(blob) {
  const made = foreseen.get(blob)
  foreseen.delete(blob)
  return made ?? inTurn(blob)
}

/** A small picture of it will be asked for: it is made meanwhile. */
export function foresee(blob) {
  foreseen.set(blob, inTurn(blob))
}

let turn = Promise.resolve()

/** One after the other, so that a phone's memory is not asked for all at once. */
function inTurn(blob) {
  turn = turn.then(() => decode(blob)).then((bitmap) => bitmap && small(bitmap)).catch(() => null)
  return turn
}

/** Takes the pixels, and lets go of them. */
function small(bitmap) {
  const by = Math.min(1, THUMBNAIL_PIXELS / Math.min(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * by))
  canvas.height = Math.max(1, Math.round(bitmap.height * by))
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return canvas
}

/** Its pixels; `null` if this browser cannot decode it, or ought not to. */
async function decode(blob) {
  try {
    const head = new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer())
    return isDecodable(head) ? await createImageBitmap(blob) : null
  } catch {
    return null
  }
}

async function dimensionsOf(blob) {
  const bitmap = await decode(blob)
  if (!bitmap) return null
  const { width, height } = bitmap
  // What is decoded anyway is not decoded again when it goes out.
  foreseen.set(blob, Promise.resolve(small(bitmap)))
  return { width, height }
}

function photoName(date, type) {
  const two = (number) => `${number}`.padStart(2, '0')
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`
  const time = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`
  return `peersnap-${day}-${time}.${{ 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/heic': 'heic' }[type] ?? 'jpg'}`
}
