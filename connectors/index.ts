import type { AnyConnector } from '#kit'
import aircall from './aircall/index.ts'
import apollo from './apollo/index.ts'
import companiesHouse from './companies-house/index.ts'
import csv from './csv/index.ts'
import ga4 from './ga4/index.ts'
import gleif from './gleif/index.ts'
import gmail from './gmail/index.ts'
import googleCalendar from './google-calendar/index.ts'
import googleSheets from './google-sheets/index.ts'
import httpJson from './http-json/index.ts'
import hubspot from './hubspot/index.ts'
import inference from './inference/index.ts'
import mailchimp from './mailchimp/index.ts'
import pandadoc from './pandadoc/index.ts'
import peopleDataLabs from './people-data-labs/index.ts'
import salesforce from './salesforce/index.ts'
import sendgrid from './sendgrid/index.ts'
import stripe from './stripe/index.ts'
import theCompaniesApi from './the-companies-api/index.ts'
import twilio from './twilio/index.ts'
import website from './website/index.ts'

/** Every connector, one line each: Workers cannot look into folders. */
export const connectors: readonly AnyConnector[] = [
  aircall,
  apollo,
  companiesHouse,
  csv,
  ga4,
  gleif,
  gmail,
  googleCalendar,
  googleSheets,
  httpJson,
  hubspot,
  inference,
  mailchimp,
  pandadoc,
  peopleDataLabs,
  salesforce,
  sendgrid,
  stripe,
  theCompaniesApi,
  twilio,
  website,
]
