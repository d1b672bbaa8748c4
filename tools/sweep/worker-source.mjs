// Workers do not inherit the loader that lets the sources run unbuilt.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
