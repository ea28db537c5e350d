// The golden files that the Rust tests read too.
import { readFileSync } from 'node:fs'

const folder = new URL('../../tests/contracts/golden/', import.meta.url)

/** A file, without the end of its line. */
export const golden = (file) => readFileSync(new URL(file, folder), 'utf8').trimEnd()
export const goldenJson = (file) => JSON.parse(golden(file))
