export { residenceMachine, residenceTable } from "./residence.machine.ts";
