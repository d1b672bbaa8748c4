import { escapeXml } from "#tools/report/junit.ts";

export interface Shell {
  /** Text. */
  readonly title: string;
  /** What the page may do beside having styles: directives of a Content-Security-Policy. */
  readonly allowed: readonly string[];
  readonly css: string;
  /** HTML. */
  readonly body: string;
}

/** An HTML file that loads nothing. */
export function shellOf({ title, allowed, css, body }: Shell): string {
  const directives = [
    "default-src 'none'",
    ...allowed,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${directives.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)} · fuota</title>
<style>${css}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
