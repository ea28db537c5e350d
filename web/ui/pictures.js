// Small pictures of the trail.

import { thumbnail } from '../io/photos.js'
import { icon } from './dom.js'

/** Draws an item's picture into its place as soon as its turn has come; what cannot be decoded says so. */
export async function drawPicture(item, place) {
  if (!item.blob) return
  const canvas = await thumbnail(item.blob)
  if (canvas) place.replaceChildren(canvas)
  else {
    place.replaceChildren(icon('file'))
    item.isUnreadable = true
  }
}
