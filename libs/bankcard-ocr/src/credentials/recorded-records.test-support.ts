/** A record as version 0.1.0 wrote it: the file of a `FileTicketStore`, and the hash of a `RedisTicketStore`. */
export interface RecordedRecord {
  readonly what: string;
  readonly sealed: boolean;
  readonly file: { readonly name: string; readonly text: string };
  readonly redis: { readonly write_id: string; readonly record: string };
}

/** The app id whose records these are, and the bytes of the key that sealed some of them. */
export const RECORDED_APP_ID = 'IDA00001';
export const RECORDED_KEY = Buffer.alloc(32, 7);

/** Never change these: they stand in the stores of those who used 0.1.0. */
export const RECORDED: readonly RecordedRecord[] = [
  {
    what: 'refreshed',
    sealed: false,
    file: {
      name: 'record.0000000000000001',
      text: '{"current":{"refreshId":"refresh-7","accessToken":"token-of-generation-7","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"ticket-of-generation-7","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"ticket-of-generation-6","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"ticket-of-generation-5","replacedAtMs":1763998800000,"endsAtMs":1764001200000}],"format":1,"revision":1,"writeId":"93fefe18-0e44-4842-86b7-24ad37eb5d28","secretFingerprint":"fingerprint"}',
    },
    redis: {
      write_id: 'b0b13fb3-4d7d-4ec2-8352-1b5dce0932f7',
      record:
        '{"current":{"refreshId":"refresh-7","accessToken":"token-of-generation-7","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"ticket-of-generation-7","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"ticket-of-generation-6","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"ticket-of-generation-5","replacedAtMs":1763998800000,"endsAtMs":1764001200000}],"format":1,"revision":1,"writeId":"b0b13fb3-4d7d-4ec2-8352-1b5dce0932f7","secretFingerprint":"fingerprint"}',
    },
  },
  {
    what: 'refreshed',
    sealed: true,
    file: {
      name: 'record.0000000000000001',
      text: '{"format":1,"revision":1,"writeId":"5c969d9a-95dd-41fc-89e1-a4a2b055a654","secretFingerprint":"fingerprint","current":{"refreshId":"refresh-7","accessToken":"aes-256-gcm:G4VUnuS7sORvrMXLM3MTZERkV8FIi3OMiBGnfPWahCeYsgaoNWlMaD7wqyHYTwv4jg==","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"aes-256-gcm:yNH3lLDfpJLQZsgYgzRWu3EANI6xOCoxvRGqRqRhIaSuooffPnLNv9a0NvIFIDD4UM4=","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"aes-256-gcm:aBsYsHL2PO5VZLIvctrXcsQAMSzfcDLkWvYV28cm3wDMNU/WySEKpO90sQpZf1LBv8Q=","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"aes-256-gcm:sLMTdAS/EV2XmstHKWJEQpxlS7KVMBqgTEm+upsK9vh0Ses4pHoIV0f9IIJ1hwUrYGc=","replacedAtMs":1763998800000,"endsAtMs":1764001200000}]}',
    },
    redis: {
      write_id: 'f91a07cc-12e2-4a1a-bf2f-2d21514aa3bf',
      record:
        '{"format":1,"revision":1,"writeId":"f91a07cc-12e2-4a1a-bf2f-2d21514aa3bf","secretFingerprint":"fingerprint","current":{"refreshId":"refresh-7","accessToken":"aes-256-gcm:EfxyE8aSGBjnirjORMNPCFq4xShqezO7qwnMVO9cfaqxfce/V3O+BBwh9QaBRMlVUQ==","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"aes-256-gcm:pDOu/GZvR39KoAyMFS6gCVfZBqFBnXHXC0vJec9UJDiRYZOy1mWPnyvOGnRKvmt+GVk=","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"aes-256-gcm:2Qsaz4ScdDvnninf4URWtPLaF3rBcrPjWRizdB/NTs/xMb6A9cpaJ2fNJ0Sr69/I+QU=","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"aes-256-gcm:ctXrNyahGfgQCQbwyrs7bOcVhvE0HiB/oH7SuWx8DDvh+/aMFR2hugJ0hjInYvbNEEw=","replacedAtMs":1763998800000,"endsAtMs":1764001200000}]}',
    },
  },
  {
    what: 'a token was requested',
    sealed: false,
    file: {
      name: 'record.0000000000000001',
      text: '{"current":{"refreshId":"refresh-7","accessToken":"token-of-generation-7","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"ticket-of-generation-7","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"ticket-of-generation-6","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"ticket-of-generation-5","replacedAtMs":1763998800000,"endsAtMs":1764001200000}],"unanswered":{"sinceMs":1764001200000,"by":"refresh-8"},"forcedAtMs":1764001200000,"format":1,"revision":1,"writeId":"860e8638-8a4a-4f9f-b460-11c9728d31f3","secretFingerprint":"fingerprint"}',
    },
    redis: {
      write_id: '41a813ed-8e41-4ac0-b056-3c1286cb5293',
      record:
        '{"current":{"refreshId":"refresh-7","accessToken":"token-of-generation-7","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"ticket-of-generation-7","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"ticket-of-generation-6","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"ticket-of-generation-5","replacedAtMs":1763998800000,"endsAtMs":1764001200000}],"unanswered":{"sinceMs":1764001200000,"by":"refresh-8"},"forcedAtMs":1764001200000,"format":1,"revision":1,"writeId":"41a813ed-8e41-4ac0-b056-3c1286cb5293","secretFingerprint":"fingerprint"}',
    },
  },
  {
    what: 'a token was requested',
    sealed: true,
    file: {
      name: 'record.0000000000000001',
      text: '{"unanswered":{"sinceMs":1764001200000,"by":"refresh-8"},"forcedAtMs":1764001200000,"format":1,"revision":1,"writeId":"f01cb09f-7da5-4617-8390-35b365b267f7","secretFingerprint":"fingerprint","current":{"refreshId":"refresh-7","accessToken":"aes-256-gcm:HELhcEZlLF0Ka+ikimNICmlIP1Ezo14sQN+qeZVxEOPjgFWgtXF/9z4HnyFNDLV6jA==","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"aes-256-gcm:xzpLCDrY7jjKrLVExB6IHOhEQBcWtyX8JB7CVXwZbsp+wU7tuNJCFEuYHG3rfZKW/fY=","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"aes-256-gcm:rT3PyqZCmCXGwT4tSd2+RUte7LnXLeb54X1S7FC2o3U9zJ24EoPTDsXd7q4KdoqdNNo=","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"aes-256-gcm:AK7YNE/ZUQwpCjTZyHA+Vp28joQyL9HJPDjdtK7H0x5TFCddy8yBqbj3htpmruW1kAw=","replacedAtMs":1763998800000,"endsAtMs":1764001200000}]}',
    },
    redis: {
      write_id: '4985b7a6-cb0f-4ff0-b456-015382f2bc0d',
      record:
        '{"unanswered":{"sinceMs":1764001200000,"by":"refresh-8"},"forcedAtMs":1764001200000,"format":1,"revision":1,"writeId":"4985b7a6-cb0f-4ff0-b456-015382f2bc0d","secretFingerprint":"fingerprint","current":{"refreshId":"refresh-7","accessToken":"aes-256-gcm:LOTKMDuIwfQKJrGcOfdvZGhZX55SLbgzI36pyH+zbtzyoQkSeZb0sAVXx1QH6w7UPw==","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"aes-256-gcm:FVj6p2HfEITNwPSaDhBN5CGIf8Kz2OBjj/4sGMQ+HZOQA1NnXj3WWGmo5dG/WTsysnc=","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000},"earlier":[{"number":6,"id":"generation-6","signTicket":"aes-256-gcm:fpUe4IyZMzyWVLQvXLCPYLB5IiLfIMXW+6sIkqjLnmybc3f9OZ4nBxjE0UzbVswrf2c=","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"aes-256-gcm:3avkAkFP/hquoBSDtSkgNAcvPZAt2YW1GAsjlEsGZ1q/5eZk+F1D3YYr4Hi9cpN9/AU=","replacedAtMs":1763998800000,"endsAtMs":1764001200000}]}',
    },
  },
  {
    what: 'a token waits for its ticket, after failures',
    sealed: false,
    file: {
      name: 'record.0000000000000001',
      text: '{"current":{"refreshId":"refresh-7","accessToken":"token-of-generation-7","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"ticket-of-generation-7","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000,"contested":true},"earlier":[{"number":6,"id":"generation-6","signTicket":"ticket-of-generation-6","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"ticket-of-generation-5","replacedAtMs":1763998800000,"endsAtMs":1764001200000}],"pending":{"number":8,"id":"token-8","refreshId":"refresh-8","accessToken":"token-of-generation-8","tokenRequestedAtMs":1764001200100,"tokenLifeMs":7200000},"failed":{"attempts":3,"retryAtMs":1764001204000,"pauseMs":3900},"forcedAtMs":1764000600000,"writtenBackAtMs":1764001100000,"rejectedId":"generation-7","format":1,"revision":1,"writeId":"bafc9a7b-b119-490b-972c-8f512ceef677","secretFingerprint":"fingerprint"}',
    },
    redis: {
      write_id: 'f2f80261-655f-4eeb-98dd-c7991ab9e4b1',
      record:
        '{"current":{"refreshId":"refresh-7","accessToken":"token-of-generation-7","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"ticket-of-generation-7","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000,"contested":true},"earlier":[{"number":6,"id":"generation-6","signTicket":"ticket-of-generation-6","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"ticket-of-generation-5","replacedAtMs":1763998800000,"endsAtMs":1764001200000}],"pending":{"number":8,"id":"token-8","refreshId":"refresh-8","accessToken":"token-of-generation-8","tokenRequestedAtMs":1764001200100,"tokenLifeMs":7200000},"failed":{"attempts":3,"retryAtMs":1764001204000,"pauseMs":3900},"forcedAtMs":1764000600000,"writtenBackAtMs":1764001100000,"rejectedId":"generation-7","format":1,"revision":1,"writeId":"f2f80261-655f-4eeb-98dd-c7991ab9e4b1","secretFingerprint":"fingerprint"}',
    },
  },
  {
    what: 'a token waits for its ticket, after failures',
    sealed: true,
    file: {
      name: 'record.0000000000000001',
      text: '{"failed":{"attempts":3,"retryAtMs":1764001204000,"pauseMs":3900},"forcedAtMs":1764000600000,"writtenBackAtMs":1764001100000,"rejectedId":"generation-7","format":1,"revision":1,"writeId":"66ccc687-e5d2-4981-a6d5-12bfc2b233eb","secretFingerprint":"fingerprint","current":{"refreshId":"refresh-7","accessToken":"aes-256-gcm:eCXPIgSiRZOp0FQK/2GGhPB3iLLbpTJ2L+pCctGKl3+mfyVZtbYcX8N/0+LVs57/yA==","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"aes-256-gcm:vtdKC+xA7jzDFCPddn2CVohrUbyRQLmokV+JYIWAseVkVA+G2XXufugZcRI6HRoxta4=","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000,"contested":true},"pending":{"number":8,"id":"token-8","refreshId":"refresh-8","accessToken":"aes-256-gcm:TtXx6ldQJwdNsbuFAYsygzxrofSZBX6SC2gmMOShSkITO3zSO/YrtlGzwqx30BvNrw==","tokenRequestedAtMs":1764001200100,"tokenLifeMs":7200000},"earlier":[{"number":6,"id":"generation-6","signTicket":"aes-256-gcm:p7AiK/8D6Fh9VyWegBHTrSMQyLg04Yom8a9ZnEniAOqEtxh4UlCd8yEIureQ4jRCGYc=","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"aes-256-gcm:iKac7P28hbO4jTpnrm7AacTNhRePU5+V4bTkvv6U2/duVBWfEY4sG4MIuZygA3ctetY=","replacedAtMs":1763998800000,"endsAtMs":1764001200000}]}',
    },
    redis: {
      write_id: 'ba4d7e95-d451-4311-9f45-ab3c43cb6921',
      record:
        '{"failed":{"attempts":3,"retryAtMs":1764001204000,"pauseMs":3900},"forcedAtMs":1764000600000,"writtenBackAtMs":1764001100000,"rejectedId":"generation-7","format":1,"revision":1,"writeId":"ba4d7e95-d451-4311-9f45-ab3c43cb6921","secretFingerprint":"fingerprint","current":{"refreshId":"refresh-7","accessToken":"aes-256-gcm:Q0pgORpP1qAePVqE+mOMXJPHi2CmhZ9rGdZ84z+pqY2+eq6PKyzm4h2xQDGIJEULNA==","tokenRequestedAtMs":1764000000000,"tokenLifeMs":7200000,"number":7,"id":"generation-7","signTicket":"aes-256-gcm:28bRNEui24fHFz7kegz/+wZxLckB6vDxhEPVatEXeB8JEtq6uJXpFdZBecYG+hnAbGg=","ticketRequestedAtMs":1764000000100,"ticketLifeMs":3600000,"contested":true},"pending":{"number":8,"id":"token-8","refreshId":"refresh-8","accessToken":"aes-256-gcm:jd2l8E4mW9O/NnS5VyzX5+Nyw0EVj+CsZmB+gKlq4T4s17MMIEkOFLpzSdTSdadNxA==","tokenRequestedAtMs":1764001200100,"tokenLifeMs":7200000},"earlier":[{"number":6,"id":"generation-6","signTicket":"aes-256-gcm:KNEt3H+dc2k0CGVpRa2KrhULohGkZU7esPzfWWvB+9/TJi86j7eqFxt7G9eFeVHKwOk=","replacedAtMs":1764000000000,"endsAtMs":1764002400000},{"number":5,"id":"generation-5","signTicket":"aes-256-gcm:yz03i8ceM5aNyNcIBLpqFBxR/SVN2hBRiqW1J/EIZKip/bdI6s7bqqyWCzejdcybVGQ=","replacedAtMs":1763998800000,"endsAtMs":1764001200000}]}',
    },
  },
];
