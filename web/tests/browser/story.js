// What each file of stories begins with: a world for all of them, and a room for each. A file of stories
// imports this; it tells none itself.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { World } from './world.js'

/** A picture of four pixels. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==', 'base64')

/** There while stories are told. */
export let world

before(async () => {
  world = await World.begin()
})
after(() => world?.end())

/** A story in a room of its own. */
export function story(name, tell) {
  test(name, { timeout: 180_000 }, async () => {
    world.newRoom()
    world.page.mend()
    await tell()
  })
}

/** The path of a file with these bytes. */
export async function file(name, bytes) {
  const path = join(world.folder, name)
  await writeFile(path, bytes)
  return path
}
