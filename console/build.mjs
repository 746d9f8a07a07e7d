// Bundles the page into dist/: one script, one style, MapLibre's worker beside them (it stays a file of its own).
import { build } from 'esbuild';
import { cp, mkdir, rm } from 'node:fs/promises';

await rm('dist', { recursive: true, force: true });
await mkdir('dist');
await build({
  entryPoints: ['src/main.ts', 'src/page.css'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  outdir: 'dist',
  loader: { '.svg': 'dataurl' },
  legalComments: 'linked',
});
const maplibre = 'node_modules/maplibre-gl/dist';
for (const name of ['maplibre-gl-worker.mjs', 'maplibre-gl-shared.mjs']) await cp(`${maplibre}/${name}`, `dist/${name}`);
await cp('index.html', 'dist/index.html');
