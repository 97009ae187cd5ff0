import { setTimeout as wait } from 'node:timers/promises'
import { NotesLogin, connect, revoke } from './client.ts'

/** Logs in as two people with the client of the SDK, calls tools, and prints the results. */
export async function runSteps (url: string, issuer: string, clientId: string): Promise<void> {
  for (const account of ['ada', 'grace']) {
    const login = new NotesLogin({ account, registration: { clientId, issuer } })
    const client = await connect(url, login)
    console.log(`${account} has logged in. The client requested: ${login.authorizations[0]!.searchParams.get('scope')}`)
    const call = async (name: string): Promise<void> => {
      const shown = await client.callTool({ name, arguments: name === 'add-note' ? { text: 'call Bob' } : {} })
        .then(({ content }) => (content as Array<{ text: string }>)[0]!.text, (error: Error) => `error: ${error.message}`)
      console.log(`  ${name}: ${shown}`)
    }
    for (const name of ['list-notes', 'add-note', 'purge-notes']) await call(name)
    await revoke(issuer, login)
    await wait(1100)
    console.log('  Its tokens are revoked, and a second later:')
    await call('list-notes')
    await client.close()
  }
}
