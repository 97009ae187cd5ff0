import { getOptionProblem } from '../../errors.ts'
import { createFailure, type Diagnosis } from '../diagnosis.ts'

/**
 * Finds the cause of an error of the options.
 *
 * @param rename changes the message as the user gets it
 */
export function diagnoseOptions (error: Error, rename: (message: string) => string): Diagnosis {
  return createFailure('options', getOptionProblem(error) ?? 'option_wrong', rename(error.message))
}
