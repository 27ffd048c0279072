/** `roundabout simulate`: predicts what clients see with other policies and settings. */
export { runSimulation as run } from "../../simulate/command.ts";
export { SIMULATE_HELP as HELP } from "../../simulate/help.ts";
