import { assertionCases } from './assertion-cases.js'
import { requestCases } from './request-cases.js'

/**
 * The requests to both servers, by the name of the behaviour.
 *
 * @returns {Promise<{ name: string, message: Parameters<typeof import('./http.js').send>[1] }[]>}
 */
export async function cases (setup) {
  return [...requestCases(setup), ...await assertionCases(setup), ...tokenCases(setup)]
}

function tokenCases ({ apis: { api, foreign }, tokens }) {
  const strings = {
    ...tokens,
    'an unknown string': 'garbage',
    'an unknown string of five parts': 'eyJhbGciOiJBMjU2R0NNS1cifQ.a.b.c.d',
    'the string __proto__': '__proto__',
    'a JWT with another signature': tokens.jwt + 'x',
    'session token': 'sess_280000000000000001'
  }
  return [api, foreign].flatMap(({ clientId, clientSecret }, i) => Object.entries(strings).map(([name, token]) => ({
    name: `${name}, sent by ${['its own API', 'an API of another project'][i]}`,
    message: { body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token }) }
  })))
}
