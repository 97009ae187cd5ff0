// A real Redis, and for each process a way to it that can be cut or frozen.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export class RedisServer {
  #child
  port

  async start () {
    this.port ??= await getFreePort()
    this.#child = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(this.port), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
    const failed = once(this.#child, 'error').then(([error]) => { throw error })
    await Promise.race([failed, this.#isUp()])
  }

  /** Everything in it is lost. */
  async kill () {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  pause () { this.#child.kill('SIGSTOP') }
  resume () { this.#child.kill('SIGCONT') }

  async #isUp () {
    for (;;) {
      const socket = connect(this.port, '127.0.0.1')
      const isConnected = await once(socket, 'connect').then(() => true, () => false)
      socket.destroy()
      if (isConnected) return
      await sleep(20)
    }
  }
}

export class RedisLink {
  #server
  #pairs = new Set()
  #isCut = false
  #isFrozen = false
  port

  async start (redis) {
    this.#server = createServer((near) => {
      if (this.#isCut) return near.destroy()
      const far = connect(redis.port, '127.0.0.1')
      const pair = [near, far]
      this.#pairs.add(pair)
      for (const [from, to] of [pair, pair.toReversed()]) {
        from.on('error', () => {})
        from.on('close', () => { to.destroy(); this.#pairs.delete(pair) })
        from.on('data', (bytes) => to.write(bytes))
        if (this.#isFrozen) from.pause()
      }
    })
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    this.port = this.#server.address().port
  }

  /** Connections end, and new ones do, too. */
  cut () {
    this.#isCut = true
    this.#destroyAll()
  }

  /** Connections stay, and nothing comes through. */
  freeze () {
    this.#isFrozen = true
    for (const socket of [...this.#pairs].flat()) socket.pause()
  }

  heal () {
    this.#isCut = false
    this.#isFrozen = false
    for (const socket of [...this.#pairs].flat()) socket.resume()
  }

  close () {
    this.#server.close()
    this.#destroyAll()
  }

  #destroyAll () {
    for (const socket of [...this.#pairs].flat()) socket.destroy()
  }
}

/** A port that stays free while its server is away: systems take those of outgoing connections from 32768 on. */
async function getFreePort () {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    const server = createServer().listen(port, '127.0.0.1')
    if (!await once(server, 'listening').then(() => true, () => false)) continue
    await once(server.close(), 'close')
    return port
  }
}
