// When a connection is tried again: soon, ever less often, and at leisure where there is another way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redial } from '../redial.js'

test('the side that offers is first, and pauses grow until one is open', () => {
  const offerer = new Redial(true, 0)
  assert.ok(offerer.isDue(0) && !offerer.isDue(0))
  offerer.failed(0)
  offerer.want(0)
  assert.equal(offerer.pollTimeout(), 500, 'it is wanted already')
  assert.ok(offerer.isDue(500))
  for (const pause of [1000, 2000, 4000, 8000, 8000]) {
    offerer.failed(0)
    assert.equal(offerer.pollTimeout(), pause)
  }
  offerer.opened()
  assert.equal(offerer.pollTimeout(), null)
  const answerer = new Redial(false, 0)
  assert.equal(answerer.pollTimeout(), null)
  answerer.want(0)
  assert.equal(answerer.pollTimeout(), 1500)
})

test('where there is another way pauses grow to a minute, and end with it', () => {
  const offerer = new Redial(true, 0)
  for (const pause of [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    offerer.failedAtLeisure(0)
    assert.equal(offerer.pollTimeout(), pause)
  }
  offerer.want(7)
  assert.equal(offerer.pollTimeout(), 7)
  offerer.failed(0)
  assert.equal(offerer.pollTimeout(), 8000)
})
