import { checkFault, type Fault } from './faults.ts'

/** The fault that is to be shown, and for how many more requests. */
export class FaultPlan {
  #fault: Fault | null = null
  #times = 0

  set (fault: Fault | null, times: number): void {
    checkFault(fault)
    this.#fault = fault
    this.#times = times
  }

  /** For the request that has just arrived. */
  next (): Fault | null {
    return this.#times-- > 0 ? this.#fault : null
  }
}
