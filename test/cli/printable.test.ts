import t from 'tap'
import { createFailureWithCure, createSuccess } from '../../lib/cli/diagnosis.ts'
import { formatDiagnoses } from '../../lib/cli/doctor-output.ts'
import { formatJson } from '../../lib/cli/printable.ts'

t.test('names that callers choose change neither the terminal nor the lines of the doctor', (t) => {
  const text = formatDiagnoses([createSuccess('caller', 'Scopes: a\u001B[8m\nok       The token is active\u009B2J\u2028\u202Eü'), createFailureWithCure('x', 'm', 'c\r', 's\t', 'x')], { isColored: false, packageFolder: process.cwd() })
  t.equal(text, 'ok       Scopes: a\\u001b[8m\\u000aok       The token is active\\u009b2J\\u2028\\u202eü\nfailed   m\n         c\\u000d\n         See s\\u0009\n')
  t.end()
})

t.test('escaped JSON is the same value', (t) => {
  const value = { role: ['\u001B[8m\n\u009B\u202E\u{E0001}\uD800ü😀'] }
  const text = formatJson(value)
  t.match(text, /^\{\n {2}"role": \[\n[ -~ü😀]+\n {2}\]\n\}\n$/u)
  t.same(JSON.parse(text), value)
  t.end()
})
