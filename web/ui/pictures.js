// Small pictures of the trail, decoded one after the other so that a phone's memory is not asked for all.

import { thumbnail } from '../io/photos.js'
import { icon } from './dom.js'

const PIXELS = 200

export class Pictures {
  #work = Promise.resolve()

  /** Draws an item's picture into its place as soon as its turn has come; what cannot be decoded says so. */
  draw(item, place) {
    this.#work = this.#work.then(async () => {
      if (!item.blob) return
      const canvas = await thumbnail(item.blob, PIXELS)
      if (canvas) place.replaceChildren(canvas)
      else {
        place.replaceChildren(icon('file'))
        item.isUnreadable = true
      }
    }).catch(() => {})
  }
}
