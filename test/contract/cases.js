import { assertionCases } from './assertion-cases.js'
import { requestCases } from './request-cases.js'

/**
 * What is sent to both servers. The names say which behaviour of ZITADEL they stand for.
 *
 * @returns {Promise<{ name: string, message: Parameters<typeof import('./wire.js').send>[1] }[]>}
 */
export async function cases (world) {
  return [...requestCases(world), ...await assertionCases(world), ...tokenCases(world)]
}

function tokenCases ({ apis: { api, foreign }, tokens }) {
  const strings = {
    ...tokens,
    'row 11: garbage': 'garbage',
    'row 11: five parts': 'eyJhbGciOiJBMjU2R0NNS1cifQ.a.b.c.d',
    'row 11: __proto__': '__proto__',
    'row 11: another signature': tokens.jwt + 'x',
    'row 12: session token': 'sess_280000000000000001'
  }
  return [api, foreign].flatMap(({ clientId, clientSecret }, i) => Object.entries(strings).map(([name, token]) => ({
    name: `section 3: ${name}, asked by ${['its own API', 'an API of another project'][i]}`,
    message: { body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token }) }
  })))
}
