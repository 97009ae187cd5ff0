import t from 'tap'
import { x } from '../lib/index.ts'
t.equal(x, 1)
