/** What the acceptance kit uses of Vite's `import.meta.glob`, without Vite's types of the whole browser. */
interface ImportMeta {
  glob<T>(pattern: string, options: { eager: true; import: 'default'; query?: string }): Record<string, T>
}
