// The golden files that the Rust tests read too.
import { readFileSync, readdirSync } from 'node:fs'

const folder = new URL('../../tests/contracts/golden/', import.meta.url)

/** A file, without the end of its line. */
export const golden = (file) => readFileSync(new URL(file, folder), 'utf8').trimEnd()
export const goldenJson = (file) => JSON.parse(golden(file))

/** The files whose names begin so, with those of kinds that are new here. */
export const goldenFiles = (start) => readdirSync(folder).filter((file) => file.startsWith(start))
