import { CommandError } from '../command.ts'

/** A login has failed. Its message is fit for a terminal. */
export class LoginError extends CommandError {}
