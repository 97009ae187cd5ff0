import t from 'tap'
import { randomUUID } from 'node:crypto'
import { basic, connect } from '../fixtures/connected-app.ts'
import { startPeer } from '../fixtures/peer.ts'

t.test('a flood of random tokens pushes no legitimate verdict out', async (t) => {
  const asked: string[] = []
  const introspect = (token: string): object => {
    if (token.startsWith('user')) asked.push(token)
    return { active: token.startsWith('user') }
  }
  const { ask } = await connect(t, { introspect, cache: { max: 100, ttl: 3600, inactiveTtl: 3600 } })
  for (let user = 0; user < 100; user++) await ask(`user${user}`)
  for (let burst = 0; burst < 100; burst++) {
    await Promise.all(Array.from({ length: 1000 }, async () => await ask(randomUUID())))
  }
  for (let user = 0; user < 100; user++) t.equal(await ask(`user${user}`), 'active')
  t.equal(asked.length, 100)
})

t.test('the least used active verdict makes room', async (t) => {
  const peer = await startPeer(t, () => ({ active: true }))
  const { ask } = await connect(t, { issuer: peer.origin, credentials: basic, cache: { max: 2 } })
  await ask('a')
  await ask('b')
  await ask('a')
  await ask('c')
  await ask('a')
  t.equal(peer.asked.length, 3)
  await ask('b')
  t.equal(peer.asked.length, 4)
})

t.test('inactive verdicts have a tenth of the room, rounded up', async (t) => {
  const peer = await startPeer(t, () => ({ active: false }))
  const { ask } = await connect(t, { issuer: peer.origin, credentials: basic, cache: { max: 11 } })
  await ask('a')
  await ask('b')
  await ask('a')
  await ask('b')
  t.equal(peer.asked.length, 2)
  await ask('c')
  await ask('a')
  t.equal(peer.asked.length, 4)
})

t.test('a token that turns inactive and back takes one place, and the last word counts', async (t) => {
  let active = true
  const introspect = (): object => ({ active })
  const { status, zitadel } = await connect(t, { introspect })
  t.equal(await status('/'), 200)
  active = false
  t.equal(await status('/fresh'), 401)
  t.equal(await status('/'), 401)
  active = true
  t.equal(await status('/fresh'), 200)
  t.equal(await status('/'), 200)
  await zitadel.forget({ token: 'token' })
  active = false
  t.equal(await status('/'), 401)
})

t.test('cache: false asks for every request, and keeps no verdict', async (t) => {
  const peer = await startPeer(t, ({ index }) => ({ active: index !== 2 }))
  const { status, zitadel } = await connect(t, { issuer: peer.origin, credentials: basic, cache: false })
  t.equal(await status('/'), 200)
  t.equal(await status('/recent'), 200)
  t.equal(await status('/'), 401)
  t.equal(peer.asked.length, 3)
  await zitadel.forget({ token: 'token' })
  t.equal(await status('/'), 200)
})
