import t from 'tap'
import { readFileSync } from 'node:fs'
import { DENIAL_SENTENCES, describeDenial } from '../../lib/guard/denials/denial-sentences.ts'

t.test('each reason has a section in the documents', async (t) => {
  const headings = ['docs/its-401.md', 'docs/its-403.md'].flatMap((name) => readFileSync(name, 'utf8').match(/^### .+$/gm)!)
  t.same(headings.sort(), Object.keys(DENIAL_SENTENCES).map((reason) => `### ${reason}`).sort())
})

t.test('a reason is one word of small letters, so that it can be a metric label', async (t) => {
  for (const reason of Object.keys(DENIAL_SENTENCES)) t.match(reason, /^[a-z_]+$/)
})

t.test('a detail follows the sentence and is cut', async (t) => {
  t.equal(describeDenial('token_missing'), undefined)
  t.equal(describeDenial('role_missing', 'required: admin'), 'the caller lacks a required role (required: admin)')
  t.equal(describeDenial('role_missing', 'x'.repeat(1000)), `the caller lacks a required role (${'x'.repeat(200)})`)
})

t.test('the sentence of a malformed or a second token says what was sent', async (t) => {
  t.equal(describeDenial('token_malformed'), 'it is empty, contains characters that no bearer token has, or is longer than 16 KiB')
  t.equal(describeDenial('several_tokens'), 'the request has two "Authorization" headers, or different tokens in two places')
})
