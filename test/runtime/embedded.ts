import { env } from 'cloudflare:workers'

export const { configFile, mappingFiles } = env.FILES
