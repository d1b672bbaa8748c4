import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Makes `name.pem` and `name.key` in a folder, signed by itself or by another. */
export function makeCertificate(
  folder: string,
  name: string,
  { by, options = [] }: { readonly by?: string; readonly options?: readonly string[] } = {},
): void {
  const at = (file: string) => join(folder, file);
  const issuer = by === undefined ? [] : ["-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`)];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const files = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)];
  const subject = ["-subj", `/CN=${name}`, "-days", "2"];
  const args = ["req", "-x509", ...options, ...key, ...files, ...subject, ...issuer];
  execFileSync("openssl", args, { stdio: "ignore" });
}
