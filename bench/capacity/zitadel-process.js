import { startStandIn } from '../../dist/testing/index.js'
import { answerQuestions } from '../parts/processes.js'

const standIn = await startStandIn()

answerQuestions({
  facts: () => ({ issuer: standIn.issuer, key: standIn.api.key }),
  issue: async (sub) => await standIn.issueToken({ sub }),
  lock: (sub) => standIn.deactivateUser(sub),
  close: async () => await standIn.close()
})
