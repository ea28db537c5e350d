// A text as a QR code (ISO/IEC 18004): bytes, level M, versions 1 to 10, which a room link fits in.

import { utf8 } from './bytes.js'

/** Rows of modules, `true` for dark, without the quiet zone; `null` if the text is too long. */
export function qrCode(text) {
  const bytes = utf8(text)
  const version = VERSIONS.findIndex((it, at) => bytes.length + (at >= 9 ? 3 : 2) <= dataLength(it)) + 1
  if (version === 0) return null
  const grid = new Grid(version)
  grid.place(interleave(codewords(bytes, version), VERSIONS[version - 1]))
  return grid.best()
}

/** By version: how many codewords there are, how many of each block correct, and how many blocks. */
const VERSIONS = [
  [26, 10, 1], [44, 16, 1], [70, 26, 1], [100, 18, 2], [134, 24, 2], [172, 16, 4], [196, 18, 4], [242, 22, 4],
  [292, 22, 5], [346, 26, 5],
]
const dataLength = ([all, correcting, blocks]) => all - correcting * blocks

/** Mode, length, the bytes, and padding. */
function codewords(bytes, version) {
  const bits = []
  const push = (value, length) => {
    for (let at = length - 1; at >= 0; at--) bits.push((value >> at) & 1)
  }
  push(4, 4)
  push(bytes.length, version >= 10 ? 16 : 8)
  for (const byte of bytes) push(byte, 8)
  const length = 8 * dataLength(VERSIONS[version - 1])
  push(0, Math.min(4, length - bits.length))
  while (bits.length % 8 !== 0) bits.push(0)
  for (let pad = 0xec; bits.length < length; pad ^= 0xec ^ 0x11) push(pad, 8)
  return Array.from({ length: length / 8 }, (_, at) => parseInt(bits.slice(8 * at, 8 * at + 8).join(''), 2))
}

/** Splits into blocks, adds what corrects each, and takes one codeword of each in turn. */
function interleave(data, version) {
  const [, correcting, count] = version
  const short = Math.floor(data.length / count)
  const longOnes = data.length % count
  const divisor = generator(correcting)
  const blocks = []
  for (let at = 0, block = 0; block < count; block++) {
    const length = short + (block >= count - longOnes ? 1 : 0)
    const part = data.slice(at, (at += length))
    blocks.push([part, remainder(part, divisor)])
  }
  const turn = (which, length) =>
    Array.from({ length }, (_, at) => blocks.map((it) => it[which][at])).flat().filter((it) => it !== undefined)
  return [...turn(0, short + 1), ...turn(1, correcting)]
}

/** Of GF(2^8) with 0x11d. */
function multiply(one, other) {
  let product = 0
  for (let at = 7; at >= 0; at--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    product ^= ((other >> at) & 1) * one
  }
  return product
}

function generator(degree) {
  const result = Array(degree - 1).fill(0).concat(1)
  for (let root = 1, at = 0; at < degree; at++, root = multiply(root, 2)) {
    for (let term = 0; term < degree; term++) {
      result[term] = multiply(result[term], root) ^ (result[term + 1] ?? 0)
    }
  }
  return result
}

function remainder(data, divisor) {
  const result = Array(divisor.length).fill(0)
  for (const byte of data) {
    const factor = byte ^ result.shift()
    result.push(0)
    divisor.forEach((it, at) => (result[at] ^= multiply(it, factor)))
  }
  return result
}

class Grid {
  #size
  #version
  #dark
  /** What is no data, and so not masked. */
  #fixed

  constructor(version) {
    this.#version = version
    this.#size = 17 + 4 * version
    const rows = () => Array.from({ length: this.#size }, () => Array(this.#size).fill(false))
    this.#dark = rows()
    this.#fixed = rows()
    this.#draw()
  }

  /** Lays the bits out, two columns at a time, from the right and up and down. */
  place(words) {
    let bit = 0
    for (let right = this.#size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5
      for (let step = 0; step < this.#size; step++) {
        const isUp = ((right + 1) & 2) === 0
        const y = isUp ? this.#size - 1 - step : step
        for (const x of [right, right - 1]) {
          if (this.#fixed[y][x] || bit >= 8 * words.length) continue
          this.#dark[y][x] = ((words[bit >> 3] >> (7 - (bit & 7))) & 1) === 1
          bit += 1
        }
      }
    }
  }

  /** The modules under the mask that is read best. */
  best() {
    let [best, least] = [null, Infinity]
    MASKS.forEach((mask, number) => {
      this.#format(number)
      const masked = this.#dark.map((row, y) => row.map((dark, x) => dark !== (!this.#fixed[y][x] && mask(x, y))))
      const points = penalty(masked)
      if (points < least) [best, least] = [masked, points]
    })
    return best
  }

  #set(x, y, dark) {
    this.#dark[y][x] = dark
    this.#fixed[y][x] = true
  }

  #draw() {
    const size = this.#size
    for (let at = 0; at < size; at++) {
      this.#set(6, at, at % 2 === 0)
      this.#set(at, 6, at % 2 === 0)
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) this.#square(x, y, 4, [2, 4])
    const places = alignments(this.#version)
    const last = places.length - 1
    places.forEach((y, row) => places.forEach((x, column) => {
      const isCorner = (row === 0 && (column === 0 || column === last)) || (row === last && column === 0)
      if (!isCorner) this.#square(x, y, 2, [1])
    }))
    this.#format(0)
    if (this.#version < 7) return
    const bits = (this.#version << 12) | checked(this.#version, 12, 0x1f25)
    for (let at = 0; at < 18; at++) {
      const [along, across] = [size - 11 + (at % 3), Math.floor(at / 3)]
      this.#set(along, across, ((bits >> at) & 1) === 1)
      this.#set(across, along, ((bits >> at) & 1) === 1)
    }
  }

  /** A square around a point, light at these distances from it. */
  #square(x, y, reach, light) {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const [at, down] = [x + dx, y + dy]
        if (at < 0 || down < 0 || at >= this.#size || down >= this.#size) continue
        this.#set(at, down, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))))
      }
    }
  }

  /** Level M is 0; the bits stand twice. */
  #format(mask) {
    const bits = ((mask << 10) | checked(mask, 10, 0x537)) ^ 0x5412
    const bit = (at) => ((bits >> at) & 1) === 1
    const size = this.#size
    for (let at = 0; at < 15; at++) {
      const near = at < 6 ? at : at < 8 ? at + 1 : size - 15 + at
      this.#set(8, near, bit(at))
      const across = at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at
      this.#set(across, 8, bit(at))
    }
    this.#set(8, size - 8, true)
  }
}

function alignments(version) {
  if (version === 1) return []
  const count = Math.floor(version / 7) + 2
  const last = 4 * version + 10
  const step = Math.ceil((last - 6) / (count - 1) / 2) * 2
  return [6, ...Array.from({ length: count - 1 }, (_, at) => last - step * (count - 2 - at))]
}

/** What a BCH code adds to a value. */
function checked(value, length, divisor) {
  const top = 31 - Math.clz32(divisor)
  let rest = value << length
  for (let at = 31 - Math.clz32(rest); at >= top; at = 31 - Math.clz32(rest)) rest ^= divisor << (at - top)
  return rest
}

function penalty(rows) {
  const size = rows.length
  const columns = rows.map((_, x) => rows.map((row) => row[x]))
  let points = 0
  for (const line of [...rows, ...columns]) {
    const text = line.map((dark) => (dark ? '1' : '0')).join('')
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) points += run.length - 2
    points += 40 * (text.match(/(?=00001011101|10111010000)/g) ?? []).length
  }
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      const dark = rows[y][x]
      if (dark === rows[y][x + 1] && dark === rows[y + 1][x] && dark === rows[y + 1][x + 1]) points += 3
    }
  }
  const dark = rows.flat().filter(Boolean).length
  return points + 10 * Math.floor(Math.abs((20 * dark) / (size * size) - 10))
}

const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]
