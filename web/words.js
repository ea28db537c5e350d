// The six words of a room: what one says across a table, types or scans to get in.
//
// They are the whole secret of a room. Case does not matter, nor what of spaces, dashes and commas
// stands between them, and the first four letters of a word are enough. Nothing here knows of screens.

import { LIST } from './list.js'

/** How many words a room has. */
export const WORDS = 6
/** How many random bytes words are made of; 66 bits of them count. */
export const RANDOM_BYTES = 9

/** Words of random bytes, in the one form that keys are made of. */
export function wordsOf(bytes) {
  const bits = bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n) >> 6n
  const word = (_, at) => LIST[Number((bits >> BigInt((WORDS - 1 - at) * INDEX_BITS)) & 2047n)]
  return Array.from({ length: WORDS }, word).join('-')
}

/**
 * Reads what somebody typed: `{ words }` in the one form that keys are made of, or `{ error, position,
 * typed, nearest }`, where `error` is `unknown`, `ambiguous` or `count`.
 */
export function readWords(text) {
  const typed = split(text)
  const words = []
  for (const [position, word] of typed.entries()) {
    const read = readWord(word)
    if (read.error) return { ...read, position, typed: word, count: typed.length }
    words.push(read.word)
  }
  if (words.length !== WORDS) return { error: 'count', position: null, nearest: null, count: words.length }
  return { words: words.join('-') }
}

/**
 * Looks at a text that is being typed: how many words are known, and what is wrong already. The last
 * word may be incomplete as long as nothing stands behind it.
 */
export function checkWords(text) {
  const typed = split(text)
  const open = text !== '' && !SEPARATOR.test(text[text.length - 1])
  let known = 0
  for (const [position, word] of typed.entries()) {
    const read = readWord(word)
    if (!read.error) known += 1
    else if (!(read.error === 'ambiguous' && open && position === typed.length - 1)) {
      return { ...read, position, typed: word, known, count: typed.length }
    }
  }
  if (typed.length > WORDS) return { error: 'count', position: null, nearest: null, known, count: typed.length }
  return { known }
}

/** What is wrong, in a sentence; the word is to be shown as text. */
export function wordsSentence({ error, typed, nearest, count }) {
  const word = (typed ?? '').slice(0, 24)
  if (error === 'unknown') return `“${word}” is not on the list${nearest ? `: ${nearest}?` : ' of room words'}`
  if (error === 'ambiguous') return `“${word}” could be several words: type four letters of it`
  return `a room has ${WORDS} words, this has ${count}`
}

/** The words of the list that begin so, in alphabetical order. */
export function complete(start) {
  const typed = start.toLowerCase()
  return typed.length > LETTERS_MAX ? [] : LIST.filter((word) => word.startsWith(typed))
}

function split(text) {
  return text.split(SEPARATORS).filter((word) => word !== '')
}

function readWord(typed) {
  const begin = complete(typed)
  if (begin.length === 0) return { error: 'unknown', nearest: nearest(typed) }
  if (begin[0] !== typed.toLowerCase() && typed.length < TELLING_LETTERS) return { error: 'ambiguous', nearest: null }
  return { word: begin[0] }
}

/** The word with the fewest slips between it and what was typed, unless half of its letters would be. */
function nearest(typed) {
  const text = typed.toLowerCase().slice(0, 2 * LETTERS_MAX)
  let [best, fewest] = [null, Infinity]
  for (const word of LIST) {
    if (Math.abs(word.length - text.length) * 2 >= word.length) continue
    const slips = distance(word, text)
    if (slips < fewest) [best, fewest] = [word, slips]
  }
  return best !== null && fewest * 2 < best.length ? best : null
}

/** Optimal string alignment: two letters that changed places are one slip. */
function distance(one, other) {
  const rows = [Array.from({ length: other.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + same)
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (swapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1)
    }
    rows.push(row)
  }
  return rows[one.length][other.length]
}

const INDEX_BITS = 11
const LETTERS_MAX = 8
const TELLING_LETTERS = 4
const SEPARATOR = /[\s,-]/
const SEPARATORS = /[\s,-]+/
